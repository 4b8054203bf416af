#include "tests/support/project.h"
