"""asn-fmt: show associations, and put their files in order."""
