"""Probes of lab 02."""
