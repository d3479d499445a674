"""Probes of lab 08."""
