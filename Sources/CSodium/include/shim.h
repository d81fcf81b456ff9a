// CSodium: libsodium (BLAKE2b, Ed25519, memory that is locked and wiped).
// Headers only, no code of ours; imported by Crypto and by no other room.
#pragma once
#include <sodium.h>
