"""What is true of the observatory, each table with its source."""
