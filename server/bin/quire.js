#!/usr/bin/env -S node --max-semi-space-size=8
// young memory grows in a burst of joins and is not given back: of 1,000 documents opened at once it was half
import '../dist/main.js'
