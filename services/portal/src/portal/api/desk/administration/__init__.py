"""The register of people, applications, grants and organisations, for administrators in several areas."""
