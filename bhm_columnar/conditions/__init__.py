"""What the LHC was doing: runs, luminosity, beam status and filling schemes. The only room that touches the network."""
