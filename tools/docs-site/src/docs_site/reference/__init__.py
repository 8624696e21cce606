"""The pages that are generated: parameters, command lines, outcomes and codes, queues and messages, decisions."""
