"""What providers share: one order sent once, free questions, downloads without the token."""
