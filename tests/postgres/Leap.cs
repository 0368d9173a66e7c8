namespace PmOrleans.Node.Tests.Log;

/// <summary>The machine's time, in which no long time has to pass.</summary>
internal sealed class Leap : TimeProvider
{
    public TimeSpan Leapt { get; set; }

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Leapt.TotalSeconds * TimestampFrequency);
}
