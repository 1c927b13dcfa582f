"""Scripts that show how ``service_kit.scripts`` behaves."""
