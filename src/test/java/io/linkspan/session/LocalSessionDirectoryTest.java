package io.linkspan.session;

class LocalSessionDirectoryTest extends SessionDirectoryContract {

  private final SessionDirectory directory = new LocalSessionDirectory();

  @Override
  protected SessionDirectory directory() {
    return directory;
  }

  @Override
  protected String shard(int index) {
    return Shard.addressOf("node", index);
  }
}
