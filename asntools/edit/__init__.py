"""asn-edit: make and change associations."""
