"""Every stage of an AI project is one nox session, and it runs the same everywhere."""
