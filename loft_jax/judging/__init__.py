"""What reconstructions are worth, by judges that the attack never asked."""
