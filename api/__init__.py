"""The doors of the evidence service: HTTP, JSON and pages."""
