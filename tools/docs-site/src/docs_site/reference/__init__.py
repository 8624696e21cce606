"""The generated pages: parameters, command lines, outcomes and codes, queues and messages, decisions."""
