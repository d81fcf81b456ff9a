// CHyperscan: Hyperscan (or Vectorscan), regular expressions in linear time.
// Headers only, no code of ours; imported by EventModel and by no other room.
#pragma once
#include <hs/hs.h>
