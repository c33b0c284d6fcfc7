package io.linkspan.directory;

class LocalSessionDirectoryTest extends SessionDirectoryContract {

  private final SessionDirectory directory = new LocalSessionDirectory();

  @Override
  protected SessionDirectory directory() {
    return directory;
  }

  @Override
  protected String shard(int index) {
    return ShardAddress.of("node", index);
  }
}
