namespace PmOrleans.Node.Log.Writing;

/// <summary>The epoch is sealed: nothing was written and nothing ever will be. Never leaves the writer.</summary>
internal sealed class SealedException : Exception
{
    public SealedException()
        : base("The epoch is sealed.")
    {
    }
}
