"""Thai dates, digits, text and dictionary order: pure rules that import nothing of ours."""
