DROP FUNCTION public.touch_updated_at();
