"""Saraban: the registers, letters and receipts of a Thai education-area office."""

__version__ = "1.0.0"
