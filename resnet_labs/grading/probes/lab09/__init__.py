"""Probes of lab 09, reading reports."""
