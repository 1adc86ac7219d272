// mlcompute/framework/prefix.h: compiled once for all files here; most of their time is
// Foundation's.
#pragma once

#include "mlcompute/framework/bridge.h"
