"""What a deployment is made of: read from its lock file, written as a list of licences and as an SBOM (`make lock`)."""

LOCK, LICENCES, SBOM = "requirements.txt", "LICENCES.md", "sbom.cdx.json"
"""Files in deploy/."""
