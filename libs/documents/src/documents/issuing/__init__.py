"""What a service does that issues documents: keeps them with their keys, prints them, and tells anybody who asks what
they are today. A service that only verifies documents needs nothing of it (`pip install documents` without
`[issuing]`)."""
