"""The doors of the evidence service over HTTP: JSON, linked data and server-made pages."""
