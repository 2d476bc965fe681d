"""asn-pool: pools in, exposure records out."""
