"""What people and scripts see: numbers, records, tables."""
