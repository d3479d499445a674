"""Probes of lab 04."""
