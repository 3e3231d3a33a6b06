#include "get/commands.h"

int main(int argc, char** argv) { return bitloom::get::run_command_line(argc, argv); }
