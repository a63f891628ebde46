"""Meta-training: the loop and its resumable state, several processes, CUDA graphs, checkpoints, and the recipes."""
