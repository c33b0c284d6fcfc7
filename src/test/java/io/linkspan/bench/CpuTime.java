package io.linkspan.bench;

/** CPU time of a process in microseconds, in the program itself and in the kernel on its behalf. */
record CpuTime(long user, long system) {

  CpuTime minus(CpuTime earlier) {
    return new CpuTime(user - earlier.user, system - earlier.system);
  }

  long total() {
    return user + system;
  }
}
