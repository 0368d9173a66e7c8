namespace PmOrleans.Node.Tests.Log;

// The contract of a log, on SQLite.
public sealed class AppendTests : AppendContract<TestFolder>;

public sealed class BesideRecordsTests : BesideRecordsContract<TestFolder>;

public sealed class ClashTests : ClashContract<TestFolder>;

public sealed class CommitModeTests : CommitModeContract<TestFolder>;

public sealed class DoubtTests : DoubtContract<TestFolder>;

public sealed class EraseTests : EraseContract<TestFolder>;

public sealed class FailureTests : FailureContract<TestFolder>;

public sealed class FenceTests : FenceContract<TestFolder>;

public sealed class ModelTests : ModelContract<TestFolder>;
