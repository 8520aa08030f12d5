"""Sends a file by tuspy as its arguments tell (JSON), and prints the URL of the upload and where it stands."""

import json
import sys

from tusclient.client import TusClient

said = json.loads(sys.argv[1])
client = TusClient(said["files"], headers={"cookie": said["cookie"]})
uploader = client.uploader(
    said["path"],
    url=said.get("url"),
    chunk_size=said["chunk_size"],
    metadata=said["metadata"],
    upload_checksum=said["checksum"],
    retries=3,
    retry_delay=1,
)
chunks = said.get("chunks")
while uploader.offset < uploader.get_file_size() and chunks != 0:
    uploader.upload_chunk()
    chunks = None if chunks is None else chunks - 1
print(json.dumps({"url": uploader.url, "offset": uploader.offset}))
