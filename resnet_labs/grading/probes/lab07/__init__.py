"""Probes of lab 07."""
