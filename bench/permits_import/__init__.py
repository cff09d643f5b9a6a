"""What it takes to import a municipality's older permits while its desk works."""
