#include "train/commands.h"

int main(int argc, char** argv) { return bitloom::train::run_command_line(argc, argv); }
