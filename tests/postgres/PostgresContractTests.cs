namespace PmOrleans.Node.Tests.Log;

// The contract of a log, on PostgreSQL.
public sealed class AppendTests : AppendContract<TestSchema>;

public sealed class BesideRecordsTests : BesideRecordsContract<TestSchema>;

public sealed class ClashTests : ClashContract<TestSchema>;

public sealed class CommitModeTests : CommitModeContract<TestSchema>;

public sealed class DoubtTests : DoubtContract<TestSchema>;

public sealed class EraseTests : EraseContract<TestSchema>;

public sealed class FailureTests : FailureContract<TestSchema>;

public sealed class FenceTests : FenceContract<TestSchema>;

public sealed class ModelTests : ModelContract<TestSchema>;
