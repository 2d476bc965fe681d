"""asn-validate: check associations."""
