"""asn-build: groups in, associations out."""
