print("voxgate")
