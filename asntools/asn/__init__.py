"""The association as a document: its text with positions, its forms, its products and members."""
