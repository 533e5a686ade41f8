"""What a run would do, and what is wrong with its inputs. Free."""
