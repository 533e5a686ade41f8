"""What `draw_first_frames.py` draws with; run that one."""
