"""What the worlds of transactions, appointments and tenders share: clients who make and move things over HTTP, and the
promises that hold for every thing."""
