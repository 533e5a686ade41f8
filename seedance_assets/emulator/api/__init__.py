"""The emulator's HTTP interface: orders, answers, catalogue, outputs."""
