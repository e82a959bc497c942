#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=32768 node --max-semi-space-size=8 --expose-gc
// Memory that is free goes back to the system. Buffers of documents have pages of their own: in glibc's common heap
// they leave holes, which was half of 1,000 documents opened at once. Young memory grows in such a burst and stays, and
// so does what nobody needs any more, unless the process may collect it when it is idle.
import '../dist/main.js'
