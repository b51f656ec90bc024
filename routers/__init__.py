"""HTTP in, HTTP out."""

HOUSE = "saraban"  # whose package this is: see saraban/house.py
