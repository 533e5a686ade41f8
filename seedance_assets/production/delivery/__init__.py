"""What happens to a finished take: downloaded, stored and measured. Free, and repeatable."""
