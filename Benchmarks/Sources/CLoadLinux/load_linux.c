#include "load_linux.h"
